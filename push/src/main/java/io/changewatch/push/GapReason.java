package io.changewatch.push;

/** Why events are missing between what a client has and what it receives next. */
enum GapReason {
    HISTORY_LOST(
            "history-lost",
            "The server no longer holds the events since your position. Load the current state; events go on from here."),
    POSITION_INVALID(
            "position-invalid",
            "Your position was not made by this feed, or it was changed. Load the current state; events go on from here."),
    POSITION_FOREIGN(
            "position-foreign",
            "Your position belongs to another feed. Load the current state; events go on from here."),
    SLOW("slow", "You were too slow, and messages were dropped. Load the current state; events go on from here."),
    STREAM(
            "stream-gap",
            "Events were lost before they reached the feed. Load the current state; events go on from here.");

    private final String text;
    private final String message;

    GapReason(String text, String message) {
        this.text = text;
        this.message = message;
    }

    String text() {
        return text;
    }

    String message() {
        return message;
    }
}
