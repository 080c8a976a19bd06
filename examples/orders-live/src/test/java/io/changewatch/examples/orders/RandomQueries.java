package io.changewatch.examples.orders;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Query strings, from right ones to mere noise; without white space, which would end one.
 *
 * <p>Not thread-safe.
 */
final class RandomQueries {
    private static final List<String> NAMES = List.of("userId", "status", "operation", "after", "limit", "");
    private static final List<String> VALUES = List.of("ann", "open", "insert", "delete", "17", "", "null", "$ne", "%");
    private static final List<String> BROKEN = List.of(
            "%",
            "%%",
            "%4",
            "%zz",
            "%00",
            "%C3%28",
            "%FF%FE",
            "%u0041",
            "%uD83D",
            "%ED%A0%80",
            "+",
            "#",
            "?",
            "=",
            ";",
            "&",
            "/../",
            "/..;/",
            "\\",
            "\"",
            "<",
            "{",
            "|",
            "^",
            "`",
            "\u007f",
            "\u0001",
            "[]",
            "[$gt]",
            "%0d%0a",
            "%2525");

    private final SplittableRandom random;
    private final String position;

    /**
     * Begins with a seed.
     *
     * @param position one of the feed's own
     */
    RandomQueries(SplittableRandom random, String position) {
        this.random = random;
        this.position = position;
    }

    /** One that begins with a question mark; characters stand for the bytes to be sent. */
    String next() {
        if (random.nextInt(50) == 0) {
            return "?userId=" + "x".repeat(random.nextInt(1_000, 20_000));
        }
        if (random.nextInt(50) == 0) {
            return "?" + "status=open&".repeat(random.nextInt(30, 400));
        }
        StringBuilder query = new StringBuilder("?");
        int parameters = random.nextInt(4);
        for (int i = 0; i <= parameters; i++) {
            query.append(i == 0 ? "" : "&").append(name()).append(random.nextInt(10) == 0 ? "" : "=" + value());
        }
        return query.toString();
    }

    private String name() {
        return random.nextInt(6) == 0 ? noise() : oneOf(NAMES);
    }

    private String value() {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> URLEncoder.encode(oneOf(VALUES), StandardCharsets.UTF_8);
            case 3 -> position;
            case 4 -> damaged();
            case 5 -> URLEncoder.encode(characters(), StandardCharsets.UTF_8);
            default -> noise();
        };
    }

    /** The position with another character somewhere, or a part of it. */
    private String damaged() {
        int at = random.nextInt(position.length());
        String rest = random.nextBoolean() ? "" : position.substring(at + 1);
        return position.substring(0, at) + (random.nextBoolean() ? "A" : "!") + rest;
    }

    /** Any characters, some of them outside the basic plane, or halves of such. */
    private String characters() {
        StringBuilder text = new StringBuilder();
        random.ints(random.nextInt(30), 0, Character.MAX_CODE_POINT + 1).forEach(text::appendCodePoint);
        return text.toString();
    }

    private String noise() {
        StringBuilder text = new StringBuilder();
        int parts = random.nextInt(6);
        for (int part = 0; part < parts; part++) {
            switch (random.nextInt(3)) {
                case 0 -> text.append(oneOf(BROKEN));
                case 1 -> text.append((char) random.nextInt('!', 256));
                default -> text.append(oneOf(VALUES));
            }
        }
        return text.toString();
    }

    private String oneOf(List<String> choice) {
        return choice.get(random.nextInt(choice.size()));
    }
}
