package io.changewatch.resume.file;

import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.testkit.ResumeTokenStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class FileResumeTokenStoreTest extends ResumeTokenStoreContract {

    @TempDir
    private Path temporary;

    @Override
    protected ResumeTokenStore open() {
        return FileResumeTokenStore.in(temporary.resolve("not").resolve("yet").resolve("there"));
    }
}
