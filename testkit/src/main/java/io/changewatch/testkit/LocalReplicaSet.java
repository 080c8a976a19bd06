package io.changewatch.testkit;

import static java.util.Objects.requireNonNull;

import io.changewatch.testkit.ReplicaSetSettings.Credentials;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.Document;
import org.bson.conversions.Bson;

/**
 * A real MongoDB replica set in child processes of this JVM, for tests: with faults that a container cannot be given, and
 * nothing left behind.
 *
 * {@snippet class="io.changewatch.examples.FailoverIT" region="failover"}
 *
 * <p>Each member is a mongod that listens on 127.0.0.1 only, with a folder of its own below one temporary folder. They end
 * and the folder goes with {@link #close()}, and also when this JVM ends without it, be it killed.
 *
 * <p>Members are numbered from 0. Commands of this class reach a member directly and never through a proxy.
 *
 * <p>Needs a POSIX system: it sends signals and runs {@code bash}.
 *
 * <p>Thread-safe: one thread may inject faults while another asks for the primary.
 */
public final class LocalReplicaSet implements AutoCloseable {

    private static final Duration PRIMARY_LIMIT = Duration.ofSeconds(60);
    private static final Duration MEMBERS_LIMIT = Duration.ofSeconds(60);

    /** Starts a set with one member and every default. Same as {@code builder().start()}. */
    public static LocalReplicaSet start() {
        return builder().start();
    }

    /** Describes a set with other settings. */
    public static LocalReplicaSetBuilder builder() {
        return new LocalReplicaSetBuilder();
    }

    static LocalReplicaSet start(ReplicaSetSettings settings) {
        Path mongod = settings.mongod();
        String executable = (mongod == null ? new MongodFinder(System.getenv()).find() : mongod).toString();
        LocalReplicaSet servers = new LocalReplicaSet(settings, MongodFolder.create());
        try {
            servers.start(executable);
            return servers;
        } catch (RuntimeException | Error failed) {
            servers.close();
            throw failed;
        }
    }

    private final ReplicaSetSettings settings;
    private final MongodFolder folder;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<MongodProcess> members = new ArrayList<>();
    private final List<TcpProxy> proxies = new ArrayList<>();
    private final MemberClients clients;

    private LocalReplicaSet(ReplicaSetSettings settings, MongodFolder folder) {
        this.settings = settings;
        this.folder = folder;
        this.clients = new MemberClients(settings.credentials());
    }

    private void start(String executable) {
        List<String> commandLine = commandLine(executable);
        for (int member = 0; member < settings.members(); member++) {
            members.add(new MongodProcess(member, commandLine, folder, closed));
        }
        members.forEach(MongodProcess::launch);
        members.forEach(MongodProcess::awaitListening);
        if (settings.throughProxy()) {
            members.forEach(member -> proxies.add(TcpProxy.to("127.0.0.1", member.port())));
        }
        initiate();
    }

    private List<String> commandLine(String executable) {
        List<String> line = new ArrayList<>(List.of(executable));
        line.addAll(settings.commandLine());
        if (settings.credentials() != null && settings.replicated()) {
            line.addAll(List.of("--keyFile", folder.keyFile().toString()));
        } else if (settings.credentials() != null) {
            line.add("--auth");
        }
        return line;
    }

    /** Without a user, mongod lets the local host configure the set and create the first one: the localhost exception. */
    private void initiate() {
        try (MemberClients anonymous = new MemberClients(null)) {
            if (settings.replicated()) {
                anonymous.runAdmin(members.get(0).port(), new Document("replSetInitiate", configuration()));
            }
            awaitPrimary(PRIMARY_LIMIT, anonymous);
            awaitMembers(MEMBERS_LIMIT, anonymous);
            Credentials root = settings.credentials();
            if (root != null) {
                anonymous.runAdmin(
                        members.get(primary(anonymous).orElseThrow()).port(),
                        new Document("createUser", root.user())
                                .append("pwd", root.password())
                                .append("roles", List.of("root")));
            }
        }
    }

    private Document configuration() {
        List<Document> hosts = IntStream.range(0, size())
                .mapToObj(member -> new Document("_id", member).append("host", address(member)))
                .toList();
        long election = settings.electionTimeout().toMillis();
        Document timing = new Document("electionTimeoutMillis", election)
                .append("heartbeatIntervalMillis", Math.max(100, Math.min(2_000, election / 4)));
        return new Document("_id", ReplicaSetSettings.SET_NAME)
                .append("members", hosts)
                .append("settings", timing);
    }

    /**
     * The connection string of the whole set: all members, its name, and the root user if there is one. It sets no time-out.
     * A standalone server is named with {@code directConnection=true}.
     */
    public String connectionString() {
        String hosts = IntStream.range(0, size()).mapToObj(this::address).collect(Collectors.joining(","));
        return connectionString(
                hosts, settings.replicated() ? "replicaSet=" + ReplicaSetSettings.SET_NAME : "directConnection=true");
    }

    /** The connection string of one member alone, with {@code directConnection=true}; through its proxy if it has one. */
    public String connectionString(int member) {
        return connectionString(address(member), "directConnection=true");
    }

    private String connectionString(String hosts, String option) {
        Credentials root = settings.credentials();
        return root == null
                ? "mongodb://" + hosts + "/?" + option
                : "mongodb://" + escaped(root.user()) + ":" + escaped(root.password()) + "@" + hosts
                        + "/?authSource=admin&" + option;
    }

    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private String address(int member) {
        return "127.0.0.1:"
                + (proxies.isEmpty()
                        ? members.get(member).port()
                        : proxies.get(member).port());
    }

    /** How many members the set has, running or not. */
    public int size() {
        return members.size();
    }

    /** The port on which this member itself listens on 127.0.0.1, the same after a restart. */
    public int port(int member) {
        return members.get(member).port();
    }

    /** The id of the member's process, or of its last one while it is down. */
    public long processId(int member) {
        return members.get(member).processId();
    }

    /** The temporary folder with the members' data and logs. */
    public Path folder() {
        return folder.path();
    }

    /**
     * The proxy before this member.
     *
     * @throws IllegalStateException if the set was not built with {@link LocalReplicaSetBuilder#throughProxy()}
     */
    public TcpProxy proxy(int member) {
        if (proxies.isEmpty()) {
            throw new IllegalStateException("This set has no proxies. Start it with builder().throughProxy().start().");
        }
        return proxies.get(member);
    }

    /**
     * The number of the present primary, waiting at most a minute for an election.
     *
     * @throws TestServerException if there is none by then
     */
    public int primary() {
        return awaitPrimary(PRIMARY_LIMIT);
    }

    /**
     * Waits until a member is the primary and takes writes, and returns its number. Members that are killed or frozen are
     * not asked.
     *
     * @throws TestServerException if there is none within {@code limit}
     */
    public int awaitPrimary(Duration limit) {
        return awaitPrimary(requireNonNull(limit, "limit"), clients);
    }

    private int awaitPrimary(Duration limit, MemberClients asking) {
        return Deadline.in(limit)
                .find(() -> primary(asking), closed)
                .orElseThrow(() -> new TestServerException(noPrimary(limit)));
    }

    private OptionalInt primary(MemberClients asking) {
        return IntStream.range(0, size())
                .filter(member -> members.get(member).isResponsive())
                .filter(member -> asking.hello(port(member)).getBoolean("isWritablePrimary", false))
                .findFirst();
    }

    private String noPrimary(Duration limit) {
        long responsive = members.stream().filter(MongodProcess::isResponsive).count();
        return "The set has had no primary for " + limit + ": " + responsive + " of " + size()
                + " members can answer, and a majority is needed. Restart or thaw members.";
    }

    /**
     * Waits until every member is the primary or a secondary: after a restart, before the next fault.
     *
     * @throws TestServerException if one is not within {@code limit}
     */
    public void awaitMembers(Duration limit) {
        awaitMembers(requireNonNull(limit, "limit"), clients);
    }

    private void awaitMembers(Duration limit, MemberClients asking) {
        if (!Deadline.in(limit).await(() -> members.stream().allMatch(member -> isReady(member, asking)), closed)) {
            String missing = IntStream.range(0, size())
                    .filter(member -> !isReady(members.get(member), asking))
                    .mapToObj(Integer::toString)
                    .collect(Collectors.joining(", "));
            throw new TestServerException(
                    "Members " + missing + " of the set have been neither primary nor secondary for " + limit
                            + ". Restart or thaw them, or see the logs in " + folder.path() + " while the test runs.");
        }
    }

    private static boolean isReady(MongodProcess member, MemberClients asking) {
        Document hello = member.isResponsive() ? asking.hello(member.port()) : new Document();
        return hello.getBoolean("isWritablePrimary", false) || hello.getBoolean("secondary", false);
    }

    /** Kills the member with SIGKILL, as a crash or a power cut would, and waits until it is gone. */
    public void kill(int member) {
        members.get(member).kill();
    }

    /**
     * Asks the member to end (SIGTERM) and returns at once. A primary with other members hands over first and then waits up
     * to 15 seconds for its clients. {@link #restart(int)} waits for its end.
     *
     * @throws IllegalStateException if the member is not running
     */
    public void terminate(int member) {
        members.get(member).terminate();
    }

    /**
     * Stops the member's process in its tracks (SIGSTOP): its connections stay open and silent.
     *
     * @throws IllegalStateException if the member is not running
     */
    public void freeze(int member) {
        members.get(member).freeze();
    }

    /**
     * Lets a frozen member go on (SIGCONT).
     *
     * @throws IllegalStateException if the member is not running
     */
    public void thaw(int member) {
        members.get(member).thaw();
    }

    /**
     * Starts the member again with its data, on its port, and waits until it listens; it is not yet a secondary then. One
     * that still runs is terminated first.
     *
     * @throws TestServerException if it does not start
     */
    public void restart(int member) {
        members.get(member).restart();
    }

    /**
     * Makes the primary step down, after a secondary has caught up if one can. With one member there is no primary for about
     * a second, with more until the next is elected; see {@link #awaitPrimary(Duration)}.
     */
    public void stepDown() {
        boolean alone = size() == 1;
        runAdmin(new Document("replSetStepDown", alone ? 1 : 5)
                .append("secondaryCatchUpPeriodSecs", alone ? 0 : 4)
                .append("force", true));
    }

    /**
     * Sets a fail point on the present primary: the whole command, {@code {configureFailPoint: …, mode: …, data: …}}.
     *
     * @throws com.mongodb.MongoCommandException if the server rejects it
     */
    public void setFailPoint(BsonDocument failPoint) {
        runAdmin(requireNonNull(failPoint, "failPoint"));
    }

    /** Turns the fail point off on every member that can answer. */
    public void clearFailPoint(String name) {
        BsonDocument off = new BsonDocument("configureFailPoint", new BsonString(requireNonNull(name, "name")))
                .append("mode", new BsonString("off"));
        members.stream().filter(MongodProcess::isResponsive).forEach(member -> clients.runAdmin(member.port(), off));
    }

    /**
     * Runs a command on the {@code admin} database of the present primary and returns its answer.
     *
     * @throws com.mongodb.MongoCommandException if the server rejects it
     */
    public Document runAdmin(Bson command) {
        return runAdmin(primary(), command);
    }

    /**
     * Runs a command on the {@code admin} database of one member and returns its answer.
     *
     * @throws com.mongodb.MongoCommandException if the server rejects it
     */
    public Document runAdmin(int member, Bson command) {
        return clients.runAdmin(port(member), requireNonNull(command, "command"));
    }

    /**
     * Kills every member and removes the folder. Returns within seconds; a second call does nothing.
     *
     * @throws TestServerException if the folder cannot be removed
     */
    @Override
    public void close() {
        if (closed.getCount() == 0) {
            return;
        }
        closed.countDown();
        clients.close();
        proxies.forEach(TcpProxy::close);
        members.forEach(MongodProcess::kill);
        folder.remove();
    }
}
