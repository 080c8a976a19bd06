package io.changewatch.internal.engine;

import com.mongodb.MongoException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.stream.Stream;

/** Recognizes that the client refused the server's TLS certificate. Stateless and thread-safe. */
final class UntrustedCertificate {
    /** The package, or the end, of the names of the JDK's exceptions. */
    private static final List<String> NAMES = List.of("java.security.cert.", "CertPathBuilderException");

    private UntrustedCertificate() {}

    /** By its causes, or by its message: server selection reports the trouble of each host there only. */
    static boolean isCauseOf(MongoException error) {
        return NAMES.stream().anyMatch(String.valueOf(error.getMessage())::contains)
                || Stream.iterate(error.getCause(), cause -> cause != null, Throwable::getCause)
                        .anyMatch(UntrustedCertificate::isRefusal);
    }

    private static boolean isRefusal(Throwable cause) {
        return cause instanceof CertificateException
                || cause instanceof CertPathValidatorException
                || cause instanceof CertPathBuilderException;
    }
}
