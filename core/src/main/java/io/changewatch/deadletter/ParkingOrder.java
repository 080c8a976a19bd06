package io.changewatch.deadletter;

/**
 * What happens to later events of a document of which one is parked.
 *
 * <p>Immutable and thread-safe.
 */
public enum ParkingOrder {

    /** They are handled as they come. A letter that is handled later comes behind them: the handlers must bear that. */
    GO_ON,

    /**
     * They are parked behind it, without a call of the handlers, until no letter of the document is left: the events of each
     * document are handled in their order, whatever fails. An event without a document key, such as a drop, blocks nothing.
     * A key of {@code orderedBy(...)} is not known to it, so {@code build()} refuses both together.
     */
    BLOCK_KEY
}
