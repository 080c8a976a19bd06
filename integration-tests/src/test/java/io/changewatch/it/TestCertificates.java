package io.changewatch.it;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate authority of its own and certificates of servers at 127.0.0.1, made with the JDK's keytool.
 *
 * <p>Not thread-safe.
 */
final class TestCertificates {
    private static final String PASSWORD = "changeit";
    private static final String NEVER_BEFORE = "-1d";
    /** keytool counts the validity in days, from the start. */
    private static final Duration DAY = Duration.ofDays(1);

    private final Path folder;
    private final Path authority;

    /** Keeps all its files in {@code folder}. */
    TestCertificates(Path folder) {
        this.folder = folder;
        this.authority = folder.resolve("authority.p12");
        keytool("-genkeypair", "-alias", "key", "-keystore", authority, "-dname", "CN=authority", "-ext", "bc:c");
    }

    /** The certificate of the authority, as mongod wants it. */
    Path authority() {
        return write("authority.pem", keytool("-exportcert", "-rfc", "-alias", "key", "-keystore", authority));
    }

    /** A key and a certificate that is valid for months. */
    String server() {
        return server(NEVER_BEFORE, 90);
    }

    /** A key and a certificate that expires when {@code time} has passed. */
    String serverThatExpiresIn(Duration time) {
        return server("-" + DAY.minus(time).toSeconds() + "S", 1);
    }

    private String server(String start, int days) {
        Path store = folder.resolve(UUID.randomUUID() + ".p12");
        keytool("-genkeypair", "-alias", "key", "-keystore", store, "-dname", "CN=server");
        Path request = write("request.pem", keytool("-certreq", "-alias", "key", "-keystore", store));
        String certificate = keytool(
                "-gencert",
                "-rfc",
                "-alias",
                "key",
                "-keystore",
                authority,
                "-infile",
                request,
                "-startdate",
                start,
                "-validity",
                days,
                "-ext",
                "san=ip:127.0.0.1");
        return privateKey(store) + certificate;
    }

    private static String privateKey(Path store) {
        try {
            byte[] key = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray())
                    .getKey("key", PASSWORD.toCharArray())
                    .getEncoded();
            return "-----BEGIN PRIVATE KEY-----\n"
                    + Base64.getMimeEncoder().encodeToString(key)
                    + "\n-----END PRIVATE KEY-----\n";
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("Cannot read the key store " + store + ".", e);
        }
    }

    /** Trusts servers of this authority, and nobody else. */
    SSLContext trusting() {
        try (InputStream pem = Files.newInputStream(authority())) {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            trusted.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            context.getClientSessionContext().setSessionTimeout(1); // a session that is resumed asks for no certificate
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("Cannot make a trust store.", e);
        }
    }

    /** Whether the certificate in {@code pem} has expired. */
    static boolean isExpired(String pem) {
        try {
            String certificate = pem.substring(pem.indexOf("-----BEGIN CERTIFICATE"));
            Certificate read = CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(certificate.getBytes(StandardCharsets.US_ASCII)));
            return ((X509Certificate) read).getNotAfter().toInstant().isBefore(Instant.now());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Cannot read a certificate.", e);
        }
    }

    private Path write(String name, String text) {
        try {
            return Files.writeString(folder.resolve(name), text);
        } catch (IOException e) {
            throw new IllegalStateException("Cannot write " + name + " into " + folder + ".", e);
        }
    }

    /** Returns what it prints; {@code arguments} are texts, paths and numbers. */
    private static String keytool(Object... arguments) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        for (Object argument : arguments) {
            line.add(argument.toString());
        }
        line.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
        if (line.contains("-genkeypair")) {
            line.addAll(List.of("-keyalg", "EC", "-keysize", "256", "-validity", "90"));
        }
        return run(line);
    }

    private static String run(List<String> line) {
        try {
            Process keytool = new ProcessBuilder(line)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String printed = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!keytool.waitFor(30, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
                throw new IllegalStateException("keytool failed: " + line + ": " + printed);
            }
            return printed;
        } catch (IOException e) {
            throw new IllegalStateException("Cannot run keytool: " + line, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while keytool ran.", e);
        }
    }
}
