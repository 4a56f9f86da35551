package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.codegen.Gemm.RowsDone;

/** A convolution, or the gradient of a kernel, as a matrix product for each group. */
final class GemmConvolution extends ConvPath {
    private final Problem problem;
    private final Gemm gemm;

    GemmConvolution(GemmPath path, Problem problem) {
        this.problem = problem;
        this.gemm = new Gemm(problem, path);
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final RowsDone rowsDone = (_, from, to) -> done(from, to);

        @Override
        boolean readsStored() {
            return true;
        }

        @Override
        void compute() {
            boolean tells = watcher() != null && problem.batch() == 1;
            gemm.run(pool, left, leftOffset, isRightStored() ? null : right, rightOffset, result, resultOffset, tells ? rowsDone : null,
                    derived);
            if (!tells) {
                allDone(problem.rows());
            }
        }
    }
}
