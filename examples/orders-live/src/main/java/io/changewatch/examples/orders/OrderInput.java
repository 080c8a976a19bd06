package io.changewatch.examples.orders;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads what people send, and tells them in words what is wrong with it, all at once. */
final class OrderInput {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MOST_CENTS = 100_000_000;
    private static final int LONGEST_NAME = 64;

    private final JsonNode body;
    private final Map<String, String> problems = new TreeMap<>();

    private OrderInput(JsonNode body) {
        this.body = body;
    }

    /** A body that cannot be taken. */
    static final class InvalidException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Map<String, String> fields;

        InvalidException(String message, Map<String, String> fields) {
            super(message);
            this.fields = fields;
        }

        Map<String, String> fields() {
            return fields;
        }
    }

    /** A new order. */
    record Creation(String userId, long cents) {
        static Creation of(String json) {
            OrderInput input = read(json, Set.of("userId", "cents"));
            String user = input.user(true);
            Long cents = input.cents(true);
            input.throwIfInvalid();
            return new Creation(String.valueOf(user), cents == null ? 0 : cents);
        }
    }

    /** The fields to be changed, with their values. */
    static Map<String, Object> change(String json) {
        OrderInput input = read(json, Set.of("status", "cents"));
        Map<String, Object> fields = new LinkedHashMap<>();
        String status = input.status();
        Long cents = input.cents(false);
        if (status != null) {
            fields.put("status", status);
        }
        if (cents != null) {
            fields.put("cents", cents);
        }
        input.throwIfInvalid();
        if (fields.isEmpty()) {
            throw new InvalidException("Nothing to change. Send status, cents or both.", Map.of());
        }
        return fields;
    }

    /** How many changes a second the load shall write. */
    static int pace(String json, int most) {
        OrderInput input = read(json, Set.of("perSecond"));
        JsonNode value = input.body.get("perSecond");
        if (value == null || !value.isIntegralNumber() || value.asLong() < 0 || value.asLong() > most) {
            input.problems.put("perSecond", "must be a whole number from 0 to " + most);
        }
        input.throwIfInvalid();
        return value == null ? 0 : value.asInt();
    }

    private static OrderInput read(String json, Set<String> known) {
        JsonNode body;
        try {
            body = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new InvalidException(
                    "The body is not JSON. Send an object such as {\"status\": \"paid\"}.", Map.of());
        }
        if (body == null || !body.isObject()) {
            throw new InvalidException("The body must be a JSON object, such as {\"status\": \"paid\"}.", Map.of());
        }
        OrderInput input = new OrderInput(body);
        for (Iterator<String> names = body.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                input.problems.put(
                        name,
                        "is not a field that can be set here; these can: "
                                + String.join(", ", known.stream().sorted().toList()));
            }
        }
        return input;
    }

    private @Nullable String user(boolean required) {
        JsonNode value = body.get("userId");
        if (value == null && !required) {
            return null;
        }
        if (value == null
                || !value.isTextual()
                || value.asText().isBlank()
                || value.asText().length() > LONGEST_NAME) {
            problems.put("userId", "must be the name of a user, at most " + LONGEST_NAME + " characters");
            return null;
        }
        return value.asText();
    }

    private @Nullable Long cents(boolean required) {
        JsonNode value = body.get("cents");
        if (value == null && !required) {
            return null;
        }
        if (value == null
                || !value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.asLong() < 1
                || value.asLong() > MOST_CENTS) {
            problems.put("cents", "must be a whole number from 1 to " + MOST_CENTS);
            return null;
        }
        return value.asLong();
    }

    private @Nullable String status() {
        JsonNode value = body.get("status");
        if (value == null) {
            return null;
        }
        if (!value.isTextual() || !Order.STATUSES.contains(value.asText())) {
            problems.put("status", "must be one of " + String.join(", ", Order.STATUSES));
            return null;
        }
        return value.asText();
    }

    private void throwIfInvalid() {
        if (!problems.isEmpty()) {
            throw new InvalidException("This cannot be taken as it is.", problems);
        }
    }
}
