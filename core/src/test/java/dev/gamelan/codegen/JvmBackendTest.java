package dev.gamelan.codegen;

import dev.gamelan.oracle.BackendContract;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Pool;
import org.junit.jupiter.api.Nested;

/** The contract on this machine's vectors, on narrow ones, without any, and as blocks. */
final class JvmBackendTest {

    @Nested
    final class Preferred extends BackendContract {
        @Override
        protected Backend backend() {
            return new JvmBackend(Pool.shared(), VectorSupport.preferredBits());
        }
    }

    /** As a new process does it. */
    @Nested
    final class Blocks extends BackendContract {
        @Override
        protected Backend backend() {
            Kernels.forget();
            return new JvmBackend();
        }
    }

    @Nested
    final class Narrow extends BackendContract {
        @Override
        protected Backend backend() {
            return new JvmBackend(Pool.shared(), VectorSupport.preferredBits() == 0 ? 0 : 128);
        }
    }

    @Nested
    final class Scalar extends BackendContract {
        @Override
        protected Backend backend() {
            return new JvmBackend(Pool.shared(), 0);
        }
    }
}
