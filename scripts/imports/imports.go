// Package imports holds the table of who may import whom, as a test: imports
// point one way, apps -> plat -> drivers -> netdev, kernel -> arch, and what
// runs on the host never mixes with what is linked into an image.
package imports
