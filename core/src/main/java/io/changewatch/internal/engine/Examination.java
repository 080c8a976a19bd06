package io.changewatch.internal.engine;

import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;

import com.mongodb.MongoCommandException;
import com.mongodb.ReadPreference;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.StartPosition;
import io.changewatch.StreamSource;
import io.changewatch.diagnose.Check;
import io.changewatch.diagnose.Diagnosis;
import io.changewatch.diagnose.Finding;
import io.changewatch.diagnose.ServerFacts;
import io.changewatch.diagnose.ServerFacts.Topology;
import io.changewatch.internal.diagnose.Answer;
import io.changewatch.internal.diagnose.Asked;
import io.changewatch.internal.diagnose.ImagesJudgement;
import io.changewatch.internal.diagnose.OplogJudgement;
import io.changewatch.internal.diagnose.OplogJudgement.Window;
import io.changewatch.internal.diagnose.PipelineJudgement;
import io.changewatch.internal.diagnose.PoolJudgement;
import io.changewatch.internal.diagnose.PrivilegesJudgement;
import io.changewatch.internal.diagnose.Product;
import io.changewatch.internal.diagnose.ProductJudgement;
import io.changewatch.internal.diagnose.TopologyJudgement;
import io.changewatch.internal.diagnose.VersionJudgement;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.ChosenChangeSource;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.internal.source.OplogWindow;
import io.changewatch.internal.source.ServerQuestions;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.internal.source.StreamChoice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * One diagnosis through one client: asks, has the answers judged, and collects the findings. A check that fails is a finding.
 *
 * <p>Not thread-safe.
 */
final class Examination {
    private final DiagnosisPlan plan;
    private final Asked asked;
    private final Optional<Integer> pool;
    private final ServerQuestions servers;
    private final SourceProvider sources;
    private final ReadPreference preference;
    private final Interview interview;
    private final Questionnaire questionnaire;
    private final CheckpointLook checkpoint;
    private final LetterLook letters;
    private final List<Finding> findings = new ArrayList<>();
    private ServerFacts facts = UNKNOWN;

    private static final Duration BRIEFLY = Duration.ofMillis(100);
    private static final ServerFacts UNKNOWN = new ServerFacts(
            Topology.UNKNOWN, "unknown", Optional.empty(), Optional.empty(), Optional.empty(), List.of());

    /** @param pool how many connections {@code client} may have, where that is known */
    Examination(DiagnosisPlan plan, MongoClient client, Optional<Integer> pool, Surroundings surroundings) {
        this.plan = plan;
        this.asked = plan.asked();
        this.pool = pool;
        this.servers = new ServerQuestions(client, ChosenChangeSource.readPreference(client, plan.streamSource()));
        this.sources = ClientSourceProvider.forQuestions(plan.watcher(), plan.streamSource(), client, surroundings);
        this.preference = client.getReadPreference();
        this.interview = new Interview(servers, surroundings);
        this.questionnaire = new Questionnaire(interview, asked);
        StoreQuestion question = new StoreQuestion(plan.watcher(), interview, surroundings);
        this.checkpoint = new CheckpointLook(plan, question);
        this.letters = new LetterLook(plan, question);
    }

    /** A diagnosis where there is not even a client. */
    static Diagnosis withoutClient(DiagnosisPlan plan, RuntimeException error) {
        List<Finding> findings = new ArrayList<>(options(plan));
        findings.add(Finding.of(
                PROBLEM,
                Check.CONNECTION,
                "No client can be made from the settings: " + FailureMessages.describe(error) + ".",
                "Correct the settings of the client."));
        return new Diagnosis(plan.watcher(), plan.place(), UNKNOWN, findings);
    }

    private static List<Finding> options(DiagnosisPlan plan) {
        return plan.problems().isEmpty()
                ? List.of(Finding.of(OK, Check.OPTIONS, "They fit together."))
                : plan.problems().stream()
                        .map(problem ->
                                Finding.of(PROBLEM, Check.OPTIONS, "The watcher cannot be built: " + problem + "."))
                        .toList();
    }

    Diagnosis diagnosis() {
        findings.addAll(options(plan));
        findings.addAll(PipelineJudgement.judge(asked));
        guarded(Check.CHECKPOINT, checkpoint::load);
        guarded(Check.CONNECTION, this::server);
        findings.addAll(checkpoint.findings());
        letters.finding().ifPresent(findings::add);
        return new Diagnosis(plan.watcher(), plan.place(), facts, withoutEchoes());
    }

    /** What cannot be checked is no reason not to tell the rest. */
    private void guarded(Check check, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            findings.add(Finding.of(NOTE, check, "It could not be checked: " + FailureMessages.describe(e) + "."));
        }
    }

    private void server() {
        BsonDocument hello;
        try {
            hello = greeting();
        } catch (RuntimeException e) {
            unreached(e);
            return;
        }
        findings.add(Finding.of(OK, Check.CONNECTION, "The server answers, and accepts the connection."));
        questionnaire.run();
        identify(hello);
        access();
    }

    private BsonDocument greeting() {
        try {
            return interview.first("admin", Questionnaire.command("hello"));
        } catch (MongoCommandException e) { // servers before 4.4.2 may not know it
            return interview.first("admin", Questionnaire.command("isMaster"));
        }
    }

    private void unreached(RuntimeException error) {
        ClusterDescription seen = servers.servers();
        facts = facts(seen, Product.MONGODB, new BsonDocument());
        findings.addAll(new Unreached(error, seen, preference, plan.messages()).findings());
        findings.add(Finding.of(
                NOTE,
                Check.SERVER,
                "Nothing about the server could be checked, because it does not answer this client."));
    }

    private void identify(BsonDocument hello) {
        ClusterDescription seen = servers.servers();
        Product product =
                Product.of(hello, questionnaire.buildInfo().reply().orElseGet(BsonDocument::new), hosts(seen, hello));
        facts = facts(seen, product, hello);
        findings.addAll(TopologyJudgement.judge(seen, questionnaire.parameters()));
        tell(StreamChoice.of(plan.streamSource(), preference, seen));
        findings.addAll(ProductJudgement.judge(product, asked));
        if (product == Product.MONGODB) {
            findings.addAll(
                    VersionJudgement.judge(questionnaire.buildInfo(), facts.featureCompatibilityVersion(), asked));
        }
    }

    private void tell(StreamChoice choice) {
        if (choice.source() == StreamSource.PUBLISHER) {
            findings.add(Finding.of(
                    OK, Check.STREAM, "It is read through the driver's publisher, because " + choice.reason() + "."));
        }
        choice.warning()
                .ifPresent(found -> findings.add(Finding.of(WARNING, Check.TOPOLOGY, found, StreamChoice.REMEDY)));
    }

    private ServerFacts facts(ClusterDescription seen, Product product, BsonDocument hello) {
        return new ServerFacts(
                TopologyJudgement.topology(seen),
                product.title(),
                questionnaire.version(),
                questionnaire.featureCompatibilityVersion(),
                hello.isString("setName")
                        ? Optional.of(hello.getString("setName").getValue())
                        : Optional.empty(),
                TopologyJudgement.members(seen));
    }

    private static List<String> hosts(ClusterDescription seen, BsonDocument hello) {
        Stream<String> known = Stream.concat(
                seen.getServerDescriptions().stream()
                        .map(server -> server.getAddress().getHost()),
                seen.getClusterSettings().getHosts().stream().map(address -> address.getHost()));
        return Stream.concat(known, Questionnaire.hosts(hello)).toList();
    }

    /** The stream, and all that needs privileges. */
    private void access() {
        SourceSettings quick = plan.source().withBatches(1, BRIEFLY, Interview.FOR_EACH);
        try (ChangeSource source = sources.source(quick)) {
            endInTime(source);
            StreamTrial trial = new StreamTrial(plan, source);
            checkpoint.compare(ask(source));
            guarded(Check.POOL, () -> findings.addAll(PoolJudgement.judge(pool, questionnaire.operations())));
            boolean isUsable = checkpoint.isUsable();
            if (servers.isReached()) {
                guarded(
                        Check.STREAM,
                        () -> trial.run(
                                isUsable ? checkpoint.place() : Place.at(StartPosition.now()), checkpoint.placeName()));
            } else {
                findings.add(nobodyToReadFrom());
            }
            findings.addAll(trial.findings());
            guarded(Check.PRIVILEGES, () -> privileges(trial));
            guarded(Check.OPLOG, () -> oplog(isUsable));
        }
    }

    private Finding nobodyToReadFrom() {
        return Finding.of(
                PROBLEM,
                Check.TOPOLOGY,
                "No server is reached that the client's read preference " + preference.getName()
                        + " allows; a watcher waits for one.",
                "Start such a member, or choose another read preference, such as secondaryPreferred.");
    }

    /** The source itself waits for a server for as long as the client does. */
    private void endInTime(ChangeSource source) {
        Executor timeUp = CompletableFuture.delayedExecutor(
                Math.max(0, interview.left().toMillis()), TimeUnit.MILLISECONDS, Runnable::run);
        timeUp.execute(source::close);
    }

    private ClusterFacts ask(ChangeSource source) {
        try {
            return source.facts();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            findings.add(Finding.of(
                    NOTE,
                    Check.CHECKPOINT,
                    "Which cluster this is could not be asked: "
                            + Interview.withoutFullStop(FailureMessages.describe(e)) + "."));
        }
        return ClusterFacts.UNKNOWN;
    }

    private void privileges(StreamTrial trial) {
        List<Answer> others = Stream.concat(trial.refusal().stream(), Stream.of(questionnaire.parameters()))
                .toList();
        findings.addAll(PrivilegesJudgement.judge(questionnaire.connectionStatus(), others, trial.hasOpened(), asked));
    }

    private void oplog(boolean isUsable) {
        Optional<BsonTimestamp> position = isUsable ? checkpoint.place().origin() : Optional.empty();
        Window window = window();
        if (window != null) {
            findings.addAll(new OplogJudgement(window, plan.headroomThresholds(), plan.goesOnWithoutHistory())
                    .judge(position, checkpoint.placeName()));
        }
        images(Optional.ofNullable(window), position);
    }

    private @Nullable Window window() {
        OplogWindow look = sources.oplogWindow(plan.source()).orElseThrow();
        try {
            OplogWindow.Reading reading = interview.await(look.read(), interview.limit());
            return new Window(reading.oldest(), reading.newest(), reading.growing());
        } catch (RuntimeException e) {
            findings.add(OplogJudgement.unknown(Interview.refusal(e), questionnaire.connectionStatus()));
            return null;
        }
    }

    private void images(Optional<Window> window, Optional<BsonTimestamp> position) {
        if (!asked.wantsImages()) {
            return;
        }
        ImagesJudgement judgement = new ImagesJudgement(asked);
        findings.addAll(judgement.ofCollections(questionnaire.collections()));
        Optional<Duration> span = window.filter(known -> !known.growing()).map(Window::span);
        Optional<Duration> away = window.flatMap(known -> position.map(known::since));
        findings.addAll(judgement.ofRetention(questionnaire.imageOptions(), span, away));
    }

    /** What the trial met and another check explains better is told once. */
    private List<Finding> withoutEchoes() {
        return findings.stream()
                .filter(finding -> !isEcho(finding) || !isExplained(finding.check()))
                .toList();
    }

    private static boolean isEcho(Finding finding) {
        return finding.found().startsWith(StreamTrial.REFUSED);
    }

    private boolean isExplained(Check check) {
        return findings.stream()
                .anyMatch(finding -> finding.check() == check && finding.severity() == PROBLEM && !isEcho(finding));
    }
}
