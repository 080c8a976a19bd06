package io.changewatch.testkit;

import io.changewatch.deadletter.DeadLetterStore;

final class InMemoryDeadLetterStoreTest extends DeadLetterStoreContract {
    private final InMemoryDeadLetterStore store = new InMemoryDeadLetterStore();

    @Override
    protected DeadLetterStore open() {
        return store;
    }
}
