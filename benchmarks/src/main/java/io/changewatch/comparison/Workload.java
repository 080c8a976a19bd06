package io.changewatch.comparison;

import org.bson.Document;

/**
 * What is written, and which of it a consumer asks for.
 *
 * @param kind what the writes are
 * @param writes how many writes there are
 * @param noteBytes how long the padding of each document is
 * @param passing how many of each 1,000 inserts pass the consumer's filter; 1,000 for no filter
 */
record Workload(Kind kind, int writes, int noteBytes, int passing) {
    /** How many documents are updated in turn. */
    static final int UPDATED_DOCUMENTS = 1_000;

    private static final int EXACT_EACH = 10_000;
    private static final int TINY_BYTES = 100;
    private static final int ORDER_BYTES = 500;

    enum Kind {
        INSERTS,
        /** Of documents that have only a few of the fields. */
        TINY_INSERTS,
        UPDATES,
        UPDATES_WITH_LOOKUP,
        /** Inserts into another collection, and then one insert into the watched one. */
        FOREIGN
    }

    static Workload inserts(int writes) {
        return inserts(writes, 0);
    }

    static Workload inserts(int writes, int noteBytes) {
        return new Workload(Kind.INSERTS, writes, noteBytes, Order.PARTS);
    }

    static Workload tinyInserts(int writes) {
        return new Workload(Kind.TINY_INSERTS, writes, 0, Order.PARTS);
    }

    static Workload filtered(int writes, int passing) {
        return new Workload(Kind.INSERTS, writes, 0, passing);
    }

    static Workload updates(int writes, boolean withLookup) {
        return new Workload(withLookup ? Kind.UPDATES_WITH_LOOKUP : Kind.UPDATES, writes, 0, Order.PARTS);
    }

    static Workload foreign(int writes) {
        return new Workload(Kind.FOREIGN, writes, 0, Order.PARTS);
    }

    static Workload read(Document document) {
        return new Workload(
                Kind.valueOf(document.getString("kind")),
                document.getInteger("writes"),
                document.getInteger("noteBytes"),
                document.getInteger("passing"));
    }

    Document document() {
        return new Document("kind", kind.name())
                .append("writes", writes)
                .append("noteBytes", noteBytes)
                .append("passing", passing);
    }

    boolean isFiltered() {
        return passing < Order.PARTS;
    }

    boolean isUpdates() {
        return kind == Kind.UPDATES || kind == Kind.UPDATES_WITH_LOOKUP;
    }

    boolean withLookup() {
        return kind == Kind.UPDATES_WITH_LOOKUP;
    }

    /** Whether an insert was decoded as it was written; all of it is compared for a few, as that takes time. */
    boolean isGenuine(Order order) {
        if (kind == Kind.TINY_INSERTS) {
            return order.isTiny();
        }
        return order.isWhole()
                && order.note().length() == noteBytes
                && (order.id() % EXACT_EACH != 0 || order.isExact());
    }

    /** No fewer than a document has, envelope and key of its entry in the oplog included. */
    int bytesPerWrite() {
        return kind == Kind.TINY_INSERTS || kind == Kind.FOREIGN ? 2 * TINY_BYTES : noteBytes + ORDER_BYTES;
    }

    /** How many events a consumer is to receive. */
    int events() {
        return kind == Kind.FOREIGN ? 1 : writes / Order.PARTS * passing + Math.min(writes % Order.PARTS, passing);
    }

    /** The {@code _id} of the document in event {@code index}, counted from 0. */
    long key(int index) {
        return isUpdates() ? index % UPDATED_DOCUMENTS : (long) index / passing * Order.PARTS + index % passing;
    }
}
