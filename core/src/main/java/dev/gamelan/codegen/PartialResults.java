package dev.gamelan.codegen;

/** Several vectors of partial results, so that additions need not wait for each other. */
record PartialResults(Assembler asm, Binary operation, Value[] parts) implements Accumulator {

    @Override
    public void add(int turn, Value term) {
        Value part = parts[turn % parts.length];
        // The new term is the receiver of the call: of it HotSpot knows the class, not of what a loop carries along.
        asm.assign(part, asm.binary(operation, term, part));
    }

    @Override
    public Value result() {
        return asm.reduce(operation, parts);
    }

    @Override
    public Value lanes() {
        Value all = parts[0];
        for (int i = 1; i < parts.length; i++) {
            all = asm.binary(operation, all, parts[i]);
        }
        return all;
    }
}
