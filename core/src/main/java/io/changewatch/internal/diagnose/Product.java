package io.changewatch.internal.diagnose;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.bson.BsonDocument;

/**
 * Who made the server. Many speak MongoDB's protocol and name one of its versions; what tells them apart:
 *
 * <ul>
 * <li>Azure DocumentDB (Cosmos DB for MongoDB vCore), and the open DocumentDB it is built on: {@code hello} has
 *     {@code internal.documentdb_versions}, {@code internal.cosmos_versions} in older clusters (documentation of
 *     {@code hello} of DocumentDB). The hosts are below {@code mongocluster.cosmos.azure.com}.
 * <li>FerretDB: {@code buildInfo} has {@code ferretdb}. Its version 2 stands on DocumentDB, so this is looked at first.
 * <li>Azure Cosmos DB with request units: hosts below {@code cosmos.azure.com} or {@code documents.azure.com}.
 * <li>Amazon DocumentDB: hosts below {@code docdb.amazonaws.com} or {@code docdb-elastic.amazonaws.com}. Nothing in
 *     its replies is documented to tell it apart; but the hosts that {@code hello} lists are its own, so it is also recognized behind a
 *     tunnel.
 * </ul>
 *
 * <p>The names of hosts are those by which MongoDB's own drivers and shell recognize them.
 */
public enum Product {
    /** MongoDB itself, or what cannot be told from it. */
    MONGODB("MongoDB"),
    /** Amazon DocumentDB (with MongoDB compatibility). */
    AMAZON_DOCUMENTDB("Amazon DocumentDB"),
    /** Azure Cosmos DB for MongoDB, with request units. */
    AZURE_COSMOS_DB("Azure Cosmos DB for MongoDB (RU)"),
    /** Azure DocumentDB, once Azure Cosmos DB for MongoDB vCore, and other servers on the open DocumentDB. */
    AZURE_DOCUMENTDB("Azure DocumentDB (vCore)"),
    /** FerretDB. */
    FERRETDB("FerretDB");

    private static final Pattern AMAZON = Pattern.compile(".*\\.docdb(-elastic)?\\.amazonaws\\.com(\\.cn)?");
    private static final Pattern AZURE_CLUSTER = Pattern.compile(".*\\.mongocluster\\.cosmos\\.azure\\.com");
    private static final Pattern AZURE = Pattern.compile(".*\\.(cosmos|documents)\\.azure\\.com");
    private static final List<String> DOCUMENTDB_VERSIONS = List.of("documentdb_versions", "cosmos_versions");

    private final String title;

    Product(String title) {
        this.title = title;
    }

    /** Its name, for people. */
    public String title() {
        return title;
    }

    /**
     * Who made this one.
     *
     * @param hosts the names of hosts without ports: those of the connection string, and those that {@code hello} lists
     */
    public static Product of(BsonDocument hello, BsonDocument buildInfo, Collection<String> hosts) {
        if (buildInfo.containsKey("ferretdb")) {
            return FERRETDB;
        }
        if (namesDocumentDb(hello) || areAt(AZURE_CLUSTER, hosts)) {
            return AZURE_DOCUMENTDB;
        }
        if (areAt(AZURE, hosts)) {
            return AZURE_COSMOS_DB;
        }
        return areAt(AMAZON, hosts) ? AMAZON_DOCUMENTDB : MONGODB;
    }

    private static boolean namesDocumentDb(BsonDocument hello) {
        return hello.isDocument("internal")
                && DOCUMENTDB_VERSIONS.stream().anyMatch(hello.getDocument("internal")::containsKey);
    }

    private static boolean areAt(Pattern domain, Collection<String> hosts) {
        return hosts.stream()
                .anyMatch(host -> domain.matcher(host.toLowerCase(Locale.ROOT)).matches());
    }
}
