package dev.gamelan.nn;

/** What a listener can do about a training that runs. */
public interface Control {

    /** Ends training after this event. */
    void stop(String reason);

    /** Multiplies all further updates; factors multiply. */
    void scaleLearningRate(double factor);

    /** A copy of the weights as they are now. */
    Weights weights();
}
