from django.db import migrations, models


def mark_local(apps, schema_editor):
    """The small model that ships has been there since before the mark."""
    deployments = apps.get_model("routing", "Deployment").objects
    deployments.filter(provider__slug="local", model="smollm2-135m").update(demo=True)


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0002_watching"),
    ]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="demo",
            field=models.BooleanField(
                default=False,
                help_text="For a model too small to be right: the smoke evaluation does not judge what it says.",
                verbose_name="only for show",
            ),
        ),
        migrations.RunPython(mark_local, migrations.RunPython.noop),
    ]
