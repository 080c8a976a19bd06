package io.changewatch.resume.file;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The file system of this machine.
 *
 * <p>Thread-safe.
 */
final class LocalDisk implements Disk {

    /** A token holds the key of a document, which the server limits to 16 MB, in two hexadecimal digits a byte. */
    private static final int LONGEST = 64 << 20;

    @Override
    public void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            createDirectories(parent);
        }
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
        if (parent != null) {
            forceDirectory(parent);
        }
    }

    @Override
    public Optional<byte[]> read(Path file) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            return Optional.of(content.readNBytes(LONGEST));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<byte[]> readWhole(Path file) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            return Optional.of(content.readAllBytes());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Not what cannot be looked at: {@link Files#exists} would say that it is not there. */
    @Override
    public boolean exists(Path file) throws IOException {
        try {
            Files.readAttributes(file, BasicFileAttributes.class);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public List<String> names(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            List<String> names = new ArrayList<>();
            files.forEach(file -> names.add(String.valueOf(file.getFileName())));
            return names;
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** By stream, not by channel: an interrupt closes a channel, and would so spoil the last save of a watcher that is stopped. */
    @Override
    public NewFile create(Path file) throws IOException {
        FileOutputStream stream = new FileOutputStream(file.toFile());
        return new NewFile() {
            @Override
            public void write(byte[] content) throws IOException {
                stream.write(content);
            }

            @Override
            public void force() throws IOException {
                stream.getFD().sync();
            }

            @Override
            public void close() throws IOException {
                stream.close();
            }
        };
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        Files.move(from, to, ATOMIC_MOVE);
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    /** Windows has no such call, and writes its directories through. */
    @Override
    public void forceDirectory(Path directory) throws IOException {
        if (File.separatorChar == '\\') {
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
