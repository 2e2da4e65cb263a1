package main

import "offprint/projector"

// projectorEngines are the engines as the projector and validators know them.
func projectorEngines() projector.Engines {
	var list []projector.Engine
	for _, e := range engines() {
		list = append(list, e.project)
	}
	return projector.NewEngines(list...)
}

// engineKeys are the keys of all engines.
func engineKeys() (keys []string) {
	for _, e := range engines() {
		keys = append(keys, e.project.Key)
	}
	return keys
}
