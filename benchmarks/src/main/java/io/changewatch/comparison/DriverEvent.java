package io.changewatch.comparison;

import static java.util.Objects.requireNonNull;

import com.mongodb.client.model.changestream.ChangeStreamDocument;
import com.mongodb.client.model.changestream.OperationType;

/** Events as both drivers decode them. */
final class DriverEvent {
    private DriverEvent() {}

    static void handOut(ChangeStreamDocument<Order> event, Receiver receiver) {
        if (event.getOperationType() == OperationType.INSERT) {
            receiver.received(requireNonNull(event.getFullDocument()));
        } else {
            receiver.received(
                    requireNonNull(event.getDocumentKey()).getInt64("_id").getValue());
        }
    }
}
