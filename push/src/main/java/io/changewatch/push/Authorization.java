package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import java.security.Principal;

/**
 * Decides who may see which event.
 *
 * <p>Events of any kind are asked about, a drop of the collection for instance; {@code instanceof} tells them apart. Asked for each
 * event that passes a client's filter, for replayed ones too, on several threads: it must be thread-safe
 * and quick. If it throws, the client is closed with 1011 and sees nothing.
 *
 * @param <T> the document type
 */
@FunctionalInterface
public interface Authorization<T> {

    /** Whether the principal may see the event. */
    boolean permits(Principal principal, ChangeEvent<T> event);
}
