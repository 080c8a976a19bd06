package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * The messages of one event, each made when the first client wants it. Used by one thread.
 */
final class Encoded<T> {
    private final Encoder<T> encoder;
    private final ChangeEvent<T> event;
    private final List<Made<T>> made = new ArrayList<>(2);

    Encoded(Encoder<T> encoder, ChangeEvent<T> event) {
        this.encoder = encoder;
        this.event = event;
    }

    ChangeEvent<T> event() {
        return event;
    }

    Message message(Payload<T> payload, Transport transport) {
        for (Made<T> one : made) {
            if (one.payload() == payload && one.transport() == transport) {
                return one.message();
            }
        }
        Message message = encoder.event(event, payload, transport);
        made.add(new Made<>(payload, transport, message));
        return message;
    }

    private record Made<T>(Payload<T> payload, Transport transport, Message message) {}
}
