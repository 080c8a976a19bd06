package io.changewatch.testkit;

import io.changewatch.resume.ResumeTokenStore;

final class InMemoryResumeTokenStoreTest extends ResumeTokenStoreContract {

    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();

    @Override
    protected ResumeTokenStore open() {
        return store;
    }
}
