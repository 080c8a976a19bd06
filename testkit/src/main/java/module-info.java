import org.jspecify.annotations.NullMarked;

/** Test tools for ChangeWatch: contract tests, a scripted replica set, a local replica set. */
@NullMarked
module io.changewatch.testkit {
    requires transitive io.changewatch;
    requires transitive org.assertj.core;
    requires transitive org.junit.jupiter.api;
    requires transitive org.mongodb.bson;
    requires transitive org.mongodb.driver.core;
    requires transitive org.mongodb.driver.reactivestreams;
    requires transitive org.reactivestreams;
    requires static transitive org.jspecify;

    exports io.changewatch.testkit;
}
