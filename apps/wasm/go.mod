module yolk/apps/wasm

go 1.26.0

require (
	github.com/tetratelabs/wazero v1.12.0
	yolk/apps/guest v0.0.0
)

require golang.org/x/sys v0.44.0 // indirect

replace yolk/apps/guest => ../guest
