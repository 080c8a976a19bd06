package io.changewatch.internal.deliver;

import io.changewatch.EventHandler;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Insert;
import io.changewatch.event.Replace;
import io.changewatch.event.Update;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The application's code: validations of documents, then handlers, each for one kind of event.
 *
 * <p>Immutable and thread-safe.
 *
 * @param validations called with each document an event carries as its new state
 * @param handlers called in this order with the events of their kind
 */
public record Handlers<T>(List<Consumer<? super T>> validations, List<Handler<T>> handlers) {

    /** Copies the lists. */
    public Handlers {
        validations = List.copyOf(validations);
        handlers = List.copyOf(handlers);
    }

    /** One handler, bound to its kind of event. */
    @FunctionalInterface
    public interface Handler<T> {
        /**
         * Calls the application if the event is of the handler's kind.
         *
         * @throws Exception if the application does
         */
        void handle(ChangeEvent<T> event) throws Exception;
    }

    /** A handler for events of {@code kind}. */
    @SuppressWarnings("unchecked") // an event of a watcher of T is never anything but an event of T
    public static <T, E extends ChangeEvent<T>> Handler<T> bind(Class<? super E> kind, EventHandler<E> handler) {
        return event -> {
            if (kind.isInstance(event)) {
                handler.handle((E) event);
            }
        };
    }

    /** Calls the validations with the document of {@code event}, if it carries one. */
    void validate(ChangeEvent<T> event) {
        if (!validations.isEmpty() && event instanceof DocumentEvent<T> documentEvent) {
            document(documentEvent).ifPresent(document -> validations.forEach(check -> check.accept(document)));
        }
    }

    private static <T> Optional<T> document(DocumentEvent<T> event) {
        if (event instanceof Insert<T> insert) {
            return Optional.ofNullable(insert.document());
        }
        if (event instanceof Replace<T> replace) {
            return Optional.ofNullable(replace.document());
        }
        return event instanceof Update<T> update ? update.document() : Optional.empty();
    }
}
