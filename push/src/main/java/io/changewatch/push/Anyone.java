package io.changewatch.push;

import java.security.Principal;

/** Everybody, where nobody is asked who they are. */
enum Anyone implements Principal {
    INSTANCE;

    @Override
    public String getName() {
        return "anyone";
    }
}
