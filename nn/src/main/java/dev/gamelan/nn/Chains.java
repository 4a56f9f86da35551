package dev.gamelan.nn;

import dev.gamelan.tensor.TensorMap;
import java.util.List;

/** Transforms one after the other; the state of each is found under its number. */
final class Chains {

    private Chains() {}

    static TensorMap init(List<Transform> chain, TensorMap parameters) {
        TensorMap slots = TensorMap.of();
        for (int i = 0; i < chain.size(); i++) {
            slots = slots.merge(chain.get(i).init(parameters).under(Integer.toString(i)));
        }
        return slots;
    }

    static Transform.Change update(List<Transform> chain, TensorMap updates, TensorMap slots, TensorMap parameters) {
        Transform.Change result = new Transform.Change(updates, TensorMap.of());
        for (int i = 0; i < chain.size(); i++) {
            String number = Integer.toString(i);
            Transform.Change change = chain.get(i).update(result.updates(), slots.at(number), parameters);
            result = new Transform.Change(change.updates(), result.slots().merge(change.slots().under(number)));
        }
        return result;
    }
}
