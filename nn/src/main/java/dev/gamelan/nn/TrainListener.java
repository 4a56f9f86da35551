package dev.gamelan.nn;

/** Hears what happens while a model learns, on the thread that trains. */
@FunctionalInterface
public interface TrainListener {

    void on(TrainEvent event, Control control);
}
