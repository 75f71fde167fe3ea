package build

// Process reports whether programs for the platform are ordinary processes of
// this machine instead of images.
func (p Platform) Process() bool { return p.process }
