package io.changewatch.resume.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SharesTest {
    private static final int PARTITIONS = 24;

    private final Random random = new Random(42);

    @Test
    void giveEachPartitionToOneMember() {
        for (int count = 1; count <= 30; count++) {
            List<String> members = members(count);

            List<Integer> given = members.stream()
                    .flatMap(member -> Shares.of(member, members, PARTITIONS).stream())
                    .sorted()
                    .toList();

            assertThat(given).isEqualTo(IntStream.range(0, PARTITIONS).boxed().toList());
        }
    }

    @Test
    void differByOneAtMost() {
        for (int count = 1; count <= 30; count++) {
            List<String> members = members(count);
            int share = PARTITIONS / count;

            assertThat(members)
                    .allSatisfy(member -> assertThat(
                                    Shares.of(member, members, PARTITIONS).size())
                            .isBetween(share, share + 1));
        }
    }

    @Test
    void doNotDependOnTheOrderInWhichMembersAreTold() {
        List<String> members = members(5);
        Map<Integer, String> before = owners(members);

        Collections.shuffle(members, random);

        assertThat(owners(members)).isEqualTo(before);
    }

    /** With {@code partition % members} nearly all would. */
    @Test
    void moveFewPartitionsWhenAMemberComes() {
        int moved = 0;
        for (int round = 0; round < 100; round++) {
            List<String> members = members(5);
            Map<Integer, String> before = owners(members.subList(0, 4));
            Map<Integer, String> after = owners(members);
            moved += (int) before.keySet().stream()
                    .filter(partition -> !before.get(partition).equals(after.get(partition)))
                    .count();
        }

        assertThat(moved / 100)
                .as("of 24, of which the new member's share is 4 or 5")
                .isLessThan(12);
    }

    private static Map<Integer, String> owners(List<String> members) {
        Map<Integer, String> owners = new HashMap<>();
        members.forEach(
                member -> Shares.of(member, members, PARTITIONS).forEach(partition -> owners.put(partition, member)));
        return owners;
    }

    private List<String> members(int count) {
        List<String> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add(new UUID(random.nextLong(), random.nextLong()).toString());
        }
        return members;
    }
}
