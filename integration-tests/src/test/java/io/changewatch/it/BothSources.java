package io.changewatch.it;

import io.changewatch.StreamSource;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs the tests of a class over each source of a change stream; a field annotated as a parameter holds which one. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedClass
@EnumSource(
        value = StreamSource.class,
        names = {"COMMANDS", "PUBLISHER"})
@interface BothSources {}
