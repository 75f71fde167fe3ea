// Package early opens a folder of the host before any initialiser of Yolk's has run.
package early

import "os"

// Folder is the folder that was opened, or why it was not.
var Folder, Err = os.Open("/data")
