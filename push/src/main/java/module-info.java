import org.jspecify.annotations.NullMarked;

/** Hands one change stream on to any number of clients. */
@NullMarked
module io.changewatch.push {
    requires transitive io.changewatch;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports io.changewatch.push;
}
