// Package raw is the engine of packages whose files are nothing but files: each
// has a stable link, and no index lists them.
package raw

import "offprint/projector"

// Engine takes every file as it is: nothing is read, and the files document
// that every package has is all there is.
func Engine() projector.Engine { return projector.Engine{Key: "raw"} }
