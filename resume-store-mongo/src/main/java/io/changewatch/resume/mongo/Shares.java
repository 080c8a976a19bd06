package io.changewatch.resume.mongo;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who of the members has which partition: the same answer for everybody who knows the same members, so that they need not
 * negotiate. Each partition goes to the member that draws the highest lot for it and has not got its share yet; shares differ by
 * one at most. Lots do not depend on who else is there, so few partitions move when a member comes or goes.
 *
 * <p>Not thread-safe.
 */
final class Shares {
    private final List<String> members;
    private final int share;
    private final Map<String, Integer> loads = new HashMap<>();
    private int oneMore;

    private Shares(Collection<String> members, int partitions) {
        this.members = members.stream().sorted().distinct().toList();
        this.share = partitions / this.members.size();
        this.oneMore = partitions % this.members.size();
    }

    /** The partitions of {@code member}, which is one of {@code members}. */
    static Set<Integer> of(String member, Collection<String> members, int partitions) {
        Shares shares = new Shares(members, partitions);
        Set<Integer> own = new TreeSet<>();
        for (int partition = 0; partition < partitions; partition++) {
            if (shares.owner(partition).equals(member)) {
                own.add(partition);
            }
        }
        return own;
    }

    private String owner(int partition) {
        String owner = members.stream()
                .filter(this::hasRoom)
                .max((one, other) -> Long.compareUnsigned(lot(one, partition), lot(other, partition)))
                .orElseThrow();
        int load = loads.merge(owner, 1, Integer::sum);
        oneMore -= load > share ? 1 : 0;
        return owner;
    }

    private boolean hasRoom(String member) {
        int load = loads.getOrDefault(member, 0);
        return load < share || (load == share && oneMore > 0);
    }

    /** The same on every machine: {@code String.hashCode} is specified. Mixed as by SplittableRandom, so that each bit counts. */
    private static long lot(String member, int partition) {
        long mixed = ((long) member.hashCode() << Integer.SIZE | partition) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
