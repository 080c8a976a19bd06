package io.changewatch.resume.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Another disk, for a test that changes one thing about it. */
class ForwardingDisk implements Disk {
    private final Disk disk;

    ForwardingDisk(Disk disk) {
        this.disk = disk;
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        disk.createDirectories(directory);
    }

    @Override
    public Optional<byte[]> read(Path file) throws IOException {
        return disk.read(file);
    }

    @Override
    public Optional<byte[]> readWhole(Path file) throws IOException {
        return disk.readWhole(file);
    }

    @Override
    public boolean exists(Path file) throws IOException {
        return disk.exists(file);
    }

    @Override
    public List<String> names(Path directory) throws IOException {
        return disk.names(directory);
    }

    @Override
    public NewFile create(Path file) throws IOException {
        return disk.create(file);
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        disk.move(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        disk.delete(file);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        disk.forceDirectory(directory);
    }
}
