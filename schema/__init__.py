"""What GraphQL shows: types, unions, scalars, the committed SDL."""
