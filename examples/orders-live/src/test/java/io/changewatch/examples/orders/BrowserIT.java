package io.changewatch.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** The page, in a browser. */
final class BrowserIT {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int PACE = 200;
    private static final int SHOWN = 30;
    private static final int SOME = 2 * PACE;
    private static final Path PICTURES = Path.of("target", "browser");

    private final HttpClient http = HttpClient.newHttpClient();
    private final String database = TestServer.newDatabaseName();

    @TempDir
    private Path profile;

    private OrdersApp app;
    private ChromeDriver browser;

    @BeforeEach
    void starts() {
        app = OrdersApp.start(Settings.of(TestServer.connectionString(), database, 0), builder -> builder);
        browser = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(program("CHANGEWATCH_CHROMEDRIVER", "chromedriver")
                                .toFile())
                        .build(),
                new ChromeOptions()
                        .setBinary(program("CHANGEWATCH_CHROMIUM", "chromium").toFile())
                        .addArguments(
                                "--headless",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync",
                                "--window-size=1200,1000",
                                "--user-data-dir=" + profile));
        browser.get(app.url());
    }

    private static Path program(String variable, String name) {
        String given = System.getenv(variable);
        Stream<Path> candidates = given == null
                ? Stream.of(System.getenv("PATH").split(File.pathSeparator, -1)).map(folder -> Path.of(folder, name))
                : Stream.of(Path.of(given));
        Optional<Path> found = candidates.filter(Files::isExecutable).findFirst();
        assertThat(found)
                .as("%s: install the packages chromium and chromium-driver, or set %s to its path", name, variable)
                .isPresent();
        return found.orElseThrow();
    }

    @AfterEach
    void ends() {
        if (browser != null) {
            browser.quit();
        }
        if (app != null) {
            app.close();
        }
        Publishers.await(TestServer.client().getDatabase(database).drop());
    }

    @Test
    void goesOnWithoutAGapAfterItsConnectionWasDropped() throws Exception {
        app.load().pace(PACE);
        eventually(() -> rows().size() == SHOWN && figure("events") > SOME);

        browser.findElement(By.id("drop")).click();
        picture("disconnected.png"); // for two seconds
        eventually(() -> figure("reconnects") == 1 && state().equals("live"));
        long events = figure("events");
        eventually(() -> figure("events") > events + SOME);
        picture("live-orders.png");

        app.load().pace(0);
        eventually(this::showsWhatTheServerLists);
        assertThat(figure("gaps")).as("gaps").isZero();
        assertThat(figure("duplicates")).as("duplicates").isZero();
        assertThat(figure("reconnects")).as("reconnects").isEqualTo(1);
        assertThat(figure("replayed")).as("replayed").isPositive();
        assertThat(text("note")).matches("Back after \\d+\\.\\d s: \\d+ missed events replayed, 0 gaps, 0 duplicates");
    }

    @Test
    void saysInWordsWhatIsWrongWithAnOrder() throws IOException {
        eventually(() -> state().equals("live"));
        browser.findElement(By.id("create-user")).clear();
        browser.findElement(By.id("create-amount")).clear();
        browser.findElement(By.id("create-amount")).sendKeys("nothing");
        browser.findElement(By.cssSelector("#create button")).click();
        eventually(() -> !text("create-result").isEmpty());
        picture("invalid-order.png");

        assertThat(text("create-result")).isEqualTo("Not created");
        assertThat(text("create-user-error")).isEqualTo("User must be the name of a user, at most 64 characters");
        assertThat(text("create-amount-error"))
                .isEqualTo("Amount must be a number from 0.01 to 1000000, with at most two decimals");
        assertThat(rows()).isEmpty();
    }

    private static void eventually(Callable<Boolean> condition) {
        Awaitility.await().atMost(LIMIT).until(condition);
    }

    private String text(String id) {
        return browser.findElement(By.id(id)).getText();
    }

    private String state() {
        return text("state");
    }

    private long figure(String name) {
        return (Long) browser.executeScript("return window.changewatch[arguments[0]]", name);
    }

    /** One order, as the page or the server shows it. */
    private record Shown(String id, String version, Instant changedAt) {}

    private List<Shown> rows() {
        Object rows = browser.executeScript("""
                const text = (row, selector) => row.querySelector(selector).textContent;
                return [...document.querySelectorAll("#orders tbody tr")].map(row =>
                    [text(row, ".order"), text(row, ".version"), row.querySelector("time").dateTime]);
                """);
        return ((List<?>) rows)
                .stream()
                        .map(row -> (List<?>) row)
                        .map(row ->
                                new Shown((String) row.get(0), (String) row.get(1), Instant.parse((String) row.get(2))))
                        .toList();
    }

    /** Where several orders were changed in one millisecond, the last row may be any of them. */
    private boolean showsWhatTheServerLists() throws IOException, InterruptedException {
        List<Shown> rows = rows();
        return times(rows).equals(times(listed(SHOWN))) && listed(500).containsAll(rows);
    }

    private static List<Instant> times(List<Shown> orders) {
        return orders.stream().map(Shown::changedAt).toList();
    }

    private List<Shown> listed(int limit) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(app.url() + "orders?limit=" + limit))
                .build();
        List<Shown> orders = new ArrayList<>();
        new ObjectMapper()
                .readTree(
                        http.send(request, HttpResponse.BodyHandlers.ofString()).body())
                .forEach(order -> orders.add(new Shown(
                        order.path("id").asText(),
                        order.path("version").asText(),
                        Instant.parse(order.path("updatedAt").asText()))));
        return orders;
    }

    private void picture(String name) throws IOException {
        Files.createDirectories(PICTURES);
        Files.write(PICTURES.resolve(name), browser.getScreenshotAs(OutputType.BYTES));
    }
}
