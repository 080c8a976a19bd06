import org.jspecify.annotations.NullMarked;

/** Keeps a watcher's place in a file. */
@NullMarked
module io.changewatch.resume.file {
    requires transitive io.changewatch;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports io.changewatch.resume.file;
}
