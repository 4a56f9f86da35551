package dev.gamelan.oracle;

import dev.gamelan.runtime.Backend;

class ReferenceBackendTest extends BackendContract {

    @Override
    protected Backend backend() {
        return Backend.named("reference");
    }
}
