# What is done often; each line works without just, too.

run:
    cargo run --release

test *ARGS:
    ./scripts/test {{ARGS}}

bench:
    cargo bench --bench collect
    cargo bench --bench thumbnails

ci:
    .ci/run
