package io.changewatch.internal.diagnose;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * What a user may do, from the reply to {@code connectionStatus} with {@code showPrivileges}, which has inherited roles resolved.
 *
 * <p>Which resource covers which is the server's rule ({@code authorization_session_impl.cpp}): an empty name means every
 * database, or every collection that is not a system collection; but no resource of every database covers {@code local} and
 * {@code config}. Immutable and thread-safe.
 */
final class Privileges {
    private static final Set<String> APART = Set.of("local", "config");

    private final List<BsonDocument> granted;

    private Privileges(List<BsonDocument> granted) {
        this.granted = granted;
    }

    static Privileges of(BsonDocument connectionStatus) {
        BsonArray all = connectionStatus
                .getDocument("authInfo", new BsonDocument())
                .getArray("authenticatedUserPrivileges", new BsonArray());
        return new Privileges(all.stream()
                .filter(BsonValue::isDocument)
                .map(BsonValue::asDocument)
                .toList());
    }

    /** The actions that are not granted on the collections of a name, empty for every one. */
    List<String> missing(String database, String collection, String... actions) {
        Set<String> held = held(resource -> covers(resource, database, collection));
        return Stream.of(actions).filter(action -> !allows(held, action)).toList();
    }

    boolean mayOnCluster(String action) {
        return allows(held(resource -> isTrue(resource, "cluster")), action);
    }

    /** The server names {@code anyAction} as it was granted. */
    private static boolean allows(Set<String> held, String action) {
        return held.contains(action) || held.contains("anyAction");
    }

    private Set<String> held(Predicate<BsonDocument> covers) {
        List<String> actions = new ArrayList<>();
        granted.stream()
                .filter(privilege -> isAny(resource(privilege)) || covers.test(resource(privilege)))
                .forEach(privilege -> privilege
                        .getArray("actions", new BsonArray())
                        .forEach(action -> actions.add(action.asString().getValue())));
        return actions.stream().collect(Collectors.toSet());
    }

    private static BsonDocument resource(BsonDocument privilege) {
        return privilege.getDocument("resource", new BsonDocument());
    }

    private static boolean isAny(BsonDocument resource) {
        return isTrue(resource, "anyResource");
    }

    private static boolean isTrue(BsonDocument resource, String name) {
        return BsonBoolean.TRUE.equals(resource.get(name));
    }

    private static boolean covers(BsonDocument resource, String database, String collection) {
        if (!resource.isString("db") || !resource.isString("collection")) {
            return false;
        }
        return coversDatabase(resource, database) && coversCollection(resource, collection);
    }

    private static boolean coversDatabase(BsonDocument resource, String database) {
        String name = string(resource, "db");
        boolean isOfEvery = name.isEmpty()
                && !(APART.contains(database) && string(resource, "collection").isEmpty());
        return isOfEvery || name.equals(database);
    }

    private static boolean coversCollection(BsonDocument resource, String collection) {
        String name = string(resource, "collection");
        boolean isSystem = collection.startsWith("system.");
        return name.equals(collection) || (name.isEmpty() && !isSystem);
    }

    private static String string(BsonDocument resource, String name) {
        return resource.getString(name, new BsonString("")).getValue();
    }
}
