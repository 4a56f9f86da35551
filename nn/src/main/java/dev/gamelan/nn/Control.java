package dev.gamelan.nn;

/** What a listener can do about a training that runs. */
public interface Control {

    /**
     * Ends training after this step, in the middle of the epoch if there are more; if checkpoints are written, one is
     * written first, so the training can be resumed.
     */
    void stop(String reason);

    /** Multiplies all further updates; factors multiply. */
    void scaleLearningRate(double factor);

    /** A copy of the weights as they are now. */
    Weights weights();
}
