import org.jspecify.annotations.NullMarked;

/** Keeps a watcher's place in a MongoDB collection. */
@NullMarked
module io.changewatch.resume.mongo {
    requires transitive io.changewatch;
    requires transitive org.mongodb.driver.reactivestreams;
    requires org.reactivestreams;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports io.changewatch.resume.mongo;
}
