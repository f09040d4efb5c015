"""The last scene, by its parts: `scene` tells it, `audit` judges it; the others are those who take part."""
