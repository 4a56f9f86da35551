package dev.gamelan.codegen;

import dev.gamelan.oracle.BackendContract;
import dev.gamelan.runtime.Backend;

final class JvmBackendTest extends BackendContract {

    @Override
    protected Backend backend() {
        return new JvmBackend();
    }
}
