package io.changewatch.deadletter;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Objects;

/**
 * The exception for which an event is parked, as texts of bounded length.
 *
 * <p>The texts are the application's own and the driver's: they may name values of the document. Immutable and thread-safe.
 *
 * @param type the name of the exception's class
 * @param message its message, cut after 2,000 characters; empty if it has none
 * @param stackTrace its stack trace with those of its causes, cut after 16,000 characters
 */
public record ParkingCause(String type, String message, String stackTrace) {
    private static final int LONGEST_MESSAGE = 2_000;
    private static final int LONGEST_STACK_TRACE = 16_000;

    /** Checks that no part is null and cuts the texts. */
    public ParkingCause {
        Objects.requireNonNull(type, "type");
        message = cut(Objects.requireNonNull(message, "message"), LONGEST_MESSAGE);
        stackTrace = cut(Objects.requireNonNull(stackTrace, "stackTrace"), LONGEST_STACK_TRACE);
    }

    /** The texts of an exception. */
    public static ParkingCause of(Throwable thrown) {
        Objects.requireNonNull(thrown, "thrown");
        return new ParkingCause(
                thrown.getClass().getName(), Objects.requireNonNullElse(thrown.getMessage(), ""), stackTrace(thrown));
    }

    private static String stackTrace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    /** Not between the two halves of a character. */
    private static String cut(String text, int longest) {
        if (text.length() <= longest) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest;
        return text.substring(0, end);
    }

    /** The class only: the texts may name values. */
    @Override
    public String toString() {
        return "ParkingCause[" + type + "]";
    }
}
