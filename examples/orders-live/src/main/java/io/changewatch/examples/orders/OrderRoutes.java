package io.changewatch.examples.orders;

import io.changewatch.examples.orders.OrderInput.Creation;
import io.changewatch.examples.orders.Users.User;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Orders over HTTP: each user their own, an admin all. */
final class OrderRoutes {
    private static final int MOST = 500;

    private final Orders orders;
    private final Users users;

    OrderRoutes(Orders orders, Users users) {
        this.orders = orders;
        this.users = users;
    }

    void addTo(RoutesConfig routes) {
        routes.get("/orders", this::list);
        routes.get("/orders/{id}", this::show);
        routes.post("/orders", this::create);
        routes.patch("/orders/{id}", this::change);
        routes.exception(
                OrderInput.InvalidException.class,
                (e, http) -> http.status(400).json(new Problem(String.valueOf(e.getMessage()), e.fields())));
    }

    /**
     * What is wrong with a request.
     *
     * @param fields what is wrong with single fields, by name
     */
    record Problem(String error, Map<String, String> fields) {}

    private void list(Context http) {
        user(http).ifPresent(user -> {
            Map<String, String> equal = new LinkedHashMap<>();
            for (String field : new String[] {"userId", "status"}) {
                Optional.ofNullable(http.queryParam(field)).ifPresent(value -> equal.put(field, value));
            }
            if (!user.name().equals("admin")) {
                equal.put("userId", user.name());
            }
            http.json(orders.list(equal, limit(http)).stream()
                    .map(OrderRoutes::json)
                    .toList());
        });
    }

    private static int limit(Context http) {
        String given = http.queryParam("limit");
        try {
            int limit = given == null ? 50 : Integer.parseInt(given);
            if (limit >= 1 && limit <= MOST) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // Told below, like a number that is out of bounds.
        }
        throw new OrderInput.InvalidException("limit must be a whole number from 1 to " + MOST + ".", Map.of());
    }

    private void show(Context http) {
        user(http).ifPresent(user -> answer(http, visible(user, http.pathParam("id"))));
    }

    private void create(Context http) {
        user(http).ifPresent(user -> {
            Creation wanted = Creation.of(http.body());
            if (!user.name().equals("admin") && !user.name().equals(wanted.userId())) {
                http.status(403).json(Map.of("error", "You can order for yourself only."));
                return;
            }
            http.status(201).json(json(orders.create(wanted.userId(), wanted.cents())));
        });
    }

    private void change(Context http) {
        user(http).ifPresent(user -> {
            Map<String, Object> fields = OrderInput.change(http.body());
            String id = http.pathParam("id");
            answer(http, visible(user, id).flatMap(seen -> orders.change(id, fields)));
        });
    }

    private Optional<Order> visible(User user, String id) {
        return orders.find(id).filter(user::maySee);
    }

    private static void answer(Context http, Optional<Order> found) {
        if (found.isPresent()) {
            http.json(json(found.get()));
        } else {
            http.status(404).json(Map.of("error", "There is no order '" + http.pathParam("id") + "'."));
        }
    }

    private Optional<User> user(Context http) {
        Optional<User> user = users.of(http.header("Authorization"));
        if (user.isEmpty()) {
            http.status(401).json(Map.of("error", "Say who you are: send Authorization: Bearer and your token."));
        }
        return user;
    }

    private static Map<String, Object> json(Order order) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", order.id());
        json.put("userId", order.userId());
        json.put("status", order.status());
        json.put("cents", order.cents());
        json.put("version", order.version());
        json.put("updatedAt", order.updatedAt().toString());
        return json;
    }
}
