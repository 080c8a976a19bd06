import org.jspecify.annotations.NullMarked;

/** Turns MongoDB change streams into events an application can trust. */
@NullMarked
module io.changewatch {
    requires transitive org.mongodb.bson;
    requires transitive org.mongodb.driver.core;
    requires transitive org.mongodb.driver.reactivestreams;
    requires transitive org.reactivestreams;
    requires org.slf4j;
    requires transitive java.management;
    requires static transitive org.jspecify;

    exports io.changewatch;
    exports io.changewatch.deadletter;
    exports io.changewatch.diagnose;
    exports io.changewatch.event;
    exports io.changewatch.lease;
    exports io.changewatch.observe;
    exports io.changewatch.pipeline;
    exports io.changewatch.resume;
    exports io.changewatch.retry;
}
