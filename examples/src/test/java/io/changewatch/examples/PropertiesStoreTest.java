package io.changewatch.examples;

import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.testkit.ResumeTokenStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** What every store promises; what only this one can suffer is in {@link PropertiesStoreDamageTest}. */
// @start region="contract"
final class PropertiesStoreTest extends ResumeTokenStoreContract {

    @TempDir
    Path folder;

    @Override
    protected ResumeTokenStore open() {
        return new PropertiesStore(folder.resolve("checkpoints.properties"));
    }
}
// @end
