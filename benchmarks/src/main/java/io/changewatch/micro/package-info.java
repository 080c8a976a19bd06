/**
 * What single steps cost, measured by JMH without a server.
 *
 * <p>This package reaches into the interior, on the class path.
 */
@NullMarked
package io.changewatch.micro;

import org.jspecify.annotations.NullMarked;
