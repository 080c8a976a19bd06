package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.diagnose.Check;
import io.changewatch.diagnose.Finding;
import io.changewatch.event.Namespace;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Who made the server, and what it lacks. */
final class ProductTest {
    private static final BsonDocument NOTHING = new BsonDocument();

    @ParameterizedTest
    @CsvSource({
        "shop.cluster-c1abc.eu-west-1.docdb.amazonaws.com, AMAZON_DOCUMENTDB",
        "Shop.cluster-c1abc.EU-WEST-1.DOCDB.AMAZONAWS.COM, AMAZON_DOCUMENTDB",
        "shop-1.us-east-1.docdb-elastic.amazonaws.com, AMAZON_DOCUMENTDB",
        "shop.mongo.cosmos.azure.com, AZURE_COSMOS_DB",
        "shop.documents.azure.com, AZURE_COSMOS_DB",
        "shop.mongocluster.cosmos.azure.com, AZURE_DOCUMENTDB",
        "cluster0-shard-00-00.abcde.mongodb.net, MONGODB",
        "docdb.amazonaws.com.example.org, MONGODB",
        "localhost, MONGODB"
    })
    void isRecognizedByItsHosts(String host, Product product) {
        assertThat(Product.of(NOTHING, NOTHING, List.of("10.0.0.1", host))).isEqualTo(product);
    }

    @Test
    void documentDbTellsInHello() {
        BsonDocument hello = BsonDocument.parse(
                "{isWritablePrimary: true, msg: 'isdbgrid', maxWireVersion: 21, internal: {documentdb_versions: ['0.113-0', '0.113.0']}}");
        BsonDocument older = BsonDocument.parse("{internal: {cosmos_versions: ['1.23-0']}}");

        assertThat(Product.of(hello, NOTHING, List.of("localhost"))).isEqualTo(Product.AZURE_DOCUMENTDB);
        assertThat(Product.of(older, NOTHING, List.of("localhost"))).isEqualTo(Product.AZURE_DOCUMENTDB);
    }

    @Test
    void ferretDbTellsInBuildInfo() {
        BsonDocument buildInfo =
                BsonDocument.parse("{version: '7.0.77', ferretdb: {version: 'v2.1.0', package: 'docker'}, ok: 1}");

        assertThat(Product.of(NOTHING, buildInfo, List.of("localhost"))).isEqualTo(Product.FERRETDB);
    }

    @Test
    void nothingIsSaidOfMongoDb() {
        assertThat(ProductJudgement.judge(Product.MONGODB, Streams.expanded())).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Product.class,
            names = {"AMAZON_DOCUMENTDB", "AZURE_COSMOS_DB", "AZURE_DOCUMENTDB", "FERRETDB"})
    void namesTheOptionsThatAreNotToBeHad(Product product) {
        assertThat(ProductJudgement.judge(product, Streams.before(FullDocumentBeforeChange.WHEN_AVAILABLE)))
                .contains(Finding.of(
                        PROBLEM,
                        Check.SERVER,
                        "By its documentation, " + product.title() + " has no pre- and post-images, which "
                                + "fullDocumentBeforeChange(WHEN_AVAILABLE) asks for.",
                        "Use a MongoDB replica set, or leave the option out."));
        assertThat(ProductJudgement.judge(product, Streams.expanded()))
                .contains(Finding.of(
                        PROBLEM,
                        Check.SERVER,
                        "By its documentation, " + product.title()
                                + " has no expanded events, which showExpandedEvents() asks for.",
                        "Use a MongoDB replica set, or leave the option out."));
    }

    @Test
    void cosmosDbWatchesNothingButCollections() {
        assertThat(ProductJudgement.judge(Product.AZURE_COSMOS_DB, Streams.of(Optional.of(Namespace.of("shop")))))
                .extracting(Finding::found)
                .contains(
                        "By its documentation, Azure Cosmos DB for MongoDB (RU) has no change stream of more than one "
                                + "collection, and this watcher is of shop.");
    }

    @Test
    void amazonCannotResume() {
        assertThat(ProductJudgement.judge(Product.AMAZON_DOCUMENTDB, Streams.plain()))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.severity()).isEqualTo(PROBLEM);
                    assertThat(finding.found()).contains("no startAfter", "keep events for 3 h");
                    assertThat(finding.remedy()).get().asString().contains("modifyChangeStreams");
                });
    }

    @Test
    void whatIsNotKnownToWorkIsAWarning() {
        assertThat(ProductJudgement.judge(Product.FERRETDB, Streams.plain()))
                .containsExactly(Finding.of(
                        WARNING,
                        Check.SERVER,
                        "This is FerretDB, which is not known to have change streams that can be resumed.",
                        "Use MongoDB; ChangeWatch has not been tested with this server."));
    }
}
