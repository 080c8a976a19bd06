package io.changewatch.internal.diagnose;

import static com.mongodb.client.model.changestream.FullDocumentBeforeChange.REQUIRED;
import static com.mongodb.client.model.changestream.FullDocumentBeforeChange.WHEN_AVAILABLE;
import static io.changewatch.diagnose.Check.IMAGES;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.diagnose.Finding;
import io.changewatch.event.Namespace;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ImagesJudgementTest {
    private static final String WITH = "{name: 'orders', type: 'collection', options: {changeStreamPreAndPostImages:"
            + " {enabled: true}}, info: {readOnly: false}}";
    private static final String WITHOUT = "{name: 'orders', type: 'collection', options: {}, info: {readOnly: false}}";
    private static final String COMMAND =
            "Run db.adminCommand({setClusterParameter: {changeStreamOptions: {preAndPostImages: "
                    + "{expireAfterSeconds: \"off\"}}}}), or with more seconds.";

    private static Map<String, Answer> collections(String... entries) {
        return Map.of(
                "shop",
                Streams.reply("{cursor: {id: 0, ns: 'shop.$cmd.listCollections', firstBatch: ["
                        + String.join(", ", entries) + "]}, ok: 1}"));
    }

    private static List<Finding> judge(FullDocumentBeforeChange before, String... entries) {
        return new ImagesJudgement(Streams.before(before)).ofCollections(collections(entries));
    }

    private static Finding retention(FullDocumentBeforeChange before, String expiry, Duration window, Duration away) {
        Answer parameter = Streams.reply("{clusterParameters: [{_id: 'changeStreamOptions', preAndPostImages:"
                + " {expireAfterSeconds: " + expiry + "}}], ok: 1}");
        List<Finding> findings = new ImagesJudgement(Streams.before(before))
                .ofRetention(parameter, Optional.of(window), Optional.of(away));
        assertThat(findings).hasSize(1);
        return findings.get(0);
    }

    @Test
    void aRequiredImageThatIsNotKeptEndsTheStream() {
        assertThat(judge(REQUIRED, WITHOUT))
                .containsExactly(Finding.of(
                        PROBLEM,
                        IMAGES,
                        "The collection shop.orders keeps no images, and fullDocumentBeforeChange(REQUIRED) asks for them: the first "
                                + "change there that needs one fails the stream (error 47).",
                        "Run db.getSiblingDB(\"shop\").runCommand({collMod: \"orders\", changeStreamPreAndPostImages: {enabled: "
                                + "true}}). Changes made before that have none."));
    }

    @Test
    void anImageThatMayBeMissingIsAWarning() {
        assertThat(judge(WHEN_AVAILABLE, WITHOUT)).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(WARNING);
            assertThat(finding.found()).endsWith("asks for them: events of changes there come without.");
        });
    }

    @Test
    void whoKeepsImagesIsWell() {
        assertThat(judge(REQUIRED, WITH)).containsExactly(Finding.of(OK, IMAGES, "Images are kept by shop.orders."));
    }

    @Test
    void ofADatabaseEachCollectionCounts() {
        Asked database =
                new Asked(Optional.of(Namespace.of("shop")), List.of(), FullDocument.WHEN_AVAILABLE, REQUIRED, false);

        assertThat(new ImagesJudgement(database)
                        .ofCollections(collections(
                                WITH,
                                WITHOUT.replace("orders", "carts"),
                                WITHOUT.replace("orders", "users"),
                                WITHOUT.replace("orders", "system.views"),
                                "{name: 'seen', type: 'view', options: {viewOn: 'orders', pipeline: []}}")))
                .containsExactly(Finding.of(
                        PROBLEM,
                        IMAGES,
                        "No images are kept by shop.carts, shop.users, and fullDocument(WHEN_AVAILABLE) and "
                                + "fullDocumentBeforeChange(REQUIRED) asks for them: the first change there that needs one fails the "
                                + "stream (error 47).",
                        "Run db.getSiblingDB(\"shop\").runCommand({collMod: \"carts\", changeStreamPreAndPostImages: {enabled: "
                                + "true}}), and so for each. Changes made before that have none."));
    }

    @Test
    void aCollectionThatDoesNotExistKeepsNone() {
        assertThat(judge(REQUIRED))
                .containsExactly(Finding.of(
                        WARNING,
                        IMAGES,
                        "The collection shop.orders does not exist yet; one that is made without more keeps no images.",
                        "Create it with changeStreamPreAndPostImages: {enabled: true}."));
    }

    @Test
    void nothingIsSaidWhereNoImageIsAskedFor() {
        ImagesJudgement judgement = new ImagesJudgement(Streams.plain());

        assertThat(judgement.ofCollections(collections(WITHOUT))).isEmpty();
        assertThat(judgement.ofRetention(Streams.unauthorized(), Optional.empty(), Optional.empty()))
                .isEmpty();
    }

    @Test
    void saysWhatCouldNotBeChecked() {
        ImagesJudgement judgement = new ImagesJudgement(Streams.before(REQUIRED));

        assertThat(judgement.ofCollections(Map.of("shop", Streams.unauthorized())))
                .containsExactly(
                        Finding.of(
                                NOTE,
                                IMAGES,
                                "Which collections of shop keep images could not be checked: error 13 Unauthorized.",
                                "Grant the user listCollections on the resource {db: \"shop\", collection: \"\"}, which the role read has."));
        assertThat(judgement.ofRetention(Streams.unauthorized(), Optional.empty(), Optional.empty()))
                .containsExactly(Finding.of(
                        NOTE,
                        IMAGES,
                        "How long images are kept could not be checked: error 13 Unauthorized.",
                        "Grant the user the action getClusterParameter on the resource {cluster: true}."));
    }

    @Test
    void imagesOfOldChangesAreGone() {
        assertThat(retention(REQUIRED, "{$numberLong: '3600'}", Duration.ofDays(1), Duration.ofHours(2)))
                .isEqualTo(Finding.of(
                        PROBLEM,
                        IMAGES,
                        "Images expire after 1 h, and the watcher goes on from a position of 2 h ago: images of the changes until then "
                                + "are gone, and each of these events fails the stream (error 47).",
                        COMMAND));
        assertThat(retention(WHEN_AVAILABLE, "3600", Duration.ofDays(1), Duration.ofHours(2))
                        .severity())
                .isEqualTo(WARNING);
    }

    @Test
    void imagesThatExpireBeforeTheOplogAreAWarning() {
        assertThat(retention(REQUIRED, "100", Duration.ofDays(1), Duration.ofSeconds(5)))
                .isEqualTo(Finding.of(
                        WARNING,
                        IMAGES,
                        "Images expire after 1 min 40 s, sooner than the oplog forgets (1 d): a watcher that is away for longer can go "
                                + "on, but without images, and each of these events fails the stream (error 47).",
                        COMMAND));
    }

    @Test
    void imagesMayLastAsLongAsTheOplog() {
        assertThat(retention(REQUIRED, "'off'", Duration.ofDays(1), Duration.ofHours(2)))
                .isEqualTo(Finding.of(OK, IMAGES, "Images are kept as long as the oplog keeps their changes."));
        assertThat(retention(REQUIRED, "100000", Duration.ofDays(1), Duration.ofHours(2)))
                .isEqualTo(Finding.of(OK, IMAGES, "Images expire after 1 d 3 h."));
    }
}
